"""The issue form that a repository can have: what somebody needs, in plain words.

https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema
"""

PATH = ".github/ISSUE_TEMPLATE/mlwright.yml"
FORM = """\
name: A production ML system
description: Say what you need in plain words; mlwright answers with constraints, or with questions.
title: "mlwright: "
labels: [mlwright]
body:
  - type: textarea
    id: need
    attributes:
      label: What do you need?
      description: What is predicted, from which data, for whom, and how soon an answer must be there.
      placeholder: >-
        Nightly churn scores for 2 million subscribers on AWS in eu-west-1. Usage data comes as Parquet every morning and
        holds personal data. At most 1,500 USD a month. Two people, Python and SQL.
    validations:
      required: true
  - type: dropdown
    id: data
    attributes:
      label: What kind of data is it?
      options: [not sure, public, internal, confidential, personal (pii), health (phi), payment cards (pci)]
    validations:
      required: true
  - type: input
    id: budget
    attributes:
      label: What may it cost a month?
      placeholder: "1500 USD"
  - type: textarea
    id: more
    attributes:
      label: What else must hold?
      description: Laws, response time, availability, tools you already use.
"""
